"""Names of people, cities and days, and codes; the frequent ones stand first."""

from __future__ import annotations

from lstm3.demo.lexicon import entries, rows

WOMEN = entries("""
    Anna, Maria, Laura, Julia, Sophie, Lena, Clara, Emma, Marta, Nora, Ida, Elena, Paula, Greta,
    Ingrid, Frieda, Wilma, Thea""")
MEN = entries("""
    Paul, Peter, Martin, David, Anton, Emil, Karl, Simon, Jakob, Erik, Otto, Hugo, Bruno, Leo,
    Konrad, Oskar, Ferdinand, Ulrich""")
SURNAMES = entries("""
    Schmidt, Weber, Wagner, Becker, Hoffmann, Koch, Richter, Klein, Wolf, Neumann, Schwarz,
    Zimmermann, Braun, Hartmann, Krüger, Lange, Werner, Krause, Lehmann, Köhler, Maier, Huber,
    Kaiser, Fuchs, Vogel, Keller, Frank, Berger, Winkler, Lorenz, Baumann, Albrecht, Ludwig,
    Winter, Sommer, Haas, Brandt, Vogt, Engel, Ziegler, Kuhn, Pohl, Sauer, Bergmann, Thomas,
    Busch, Heinrich, Dietrich, Seidel, Arnold, Ott, Hahn, Moser, Ernst, Reuter, Böhm, Ritter,
    Kraft""")
CITIES = rows("""
    Berlin | Berlin
    Wien | Vienna
    Hamburg | Hamburg
    München | Munich
    Rom | Rome
    Paris | Paris
    Köln | Cologne
    London | London
    Prag | Prague
    Dresden | Dresden
    Brüssel | Brussels
    Lissabon | Lisbon
    Leipzig | Leipzig
    Warschau | Warsaw
    Madrid | Madrid
    Athen | Athens
    Genf | Geneva
    Venedig | Venice
    Kopenhagen | Copenhagen
    Mailand | Milan
    Nürnberg | Nuremberg
    Neapel | Naples
    Oslo | Oslo
    Krakau | Krakow""")
WEEKDAYS = rows("""
    Montag | Monday
    Freitag | Friday
    Sonntag | Sunday
    Mittwoch | Wednesday
    Samstag | Saturday
    Dienstag | Tuesday
    Donnerstag | Thursday""")
AIRLINES = ("LH", "LX", "OS", "BA")
MODELS = entries("A380, B747, A320, X100, M4, Q7, ZX81, T600")
