"""Nouns and adjectives, as tables: in each the frequent words stand first.

`/` separates English words of one meaning, any of which may be drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


def rows(table: str) -> tuple[tuple[str, ...], ...]:
    """Return the cells of a table: one row a line, cells between `|`."""
    lines = table.strip().splitlines()
    return tuple(tuple(cell.strip() for cell in line.split("|")) for line in lines)


def entries(table: str) -> tuple[str, ...]:
    """Return the entries of a running list, separated by commas."""
    return tuple(" ".join(entry.split()) for entry in table.split(","))


@dataclass(frozen=True, kw_only=True)
class Noun:
    """A noun that can be counted."""

    kind: str  # what it is, which decides the verbs and adjectives that go with it
    gender: str  # m, f, n
    singular: str
    oblique: str  # accusative and dative singular: weak nouns differ
    plural: str
    english: str
    place: tuple[str, str]  # German and English prepositions for being there


def _noun(kind: str, entry: str) -> Noun:
    """Return the noun of an entry such as `m Junge(n) Jungen boy`; (n) marks a weak noun.

    A spot's English word follows its prepositions: `m Bahnhof Bahnhöfe an:at station`.
    """
    gender, singular, plural, english = entry.split(" ", 3)
    prepositions = "in:in"
    if ":" in english:
        prepositions, _, english = english.partition(" ")
    in_german, _, in_english = prepositions.partition(":")
    return Noun(
        kind=kind,
        gender=gender,
        singular=singular.partition("(")[0],
        oblique=singular.replace("(", "").replace(")", ""),
        plural=plural,
        english=english,
        place=(in_german, in_english),
    )


NOUNS: Mapping[str, tuple[Noun, ...]] = {
    kind: tuple(_noun(kind, entry) for entry in entries(table))
    for kind, table in {
        "person": """
            f Frau Frauen woman, m Mann Männer man, n Kind Kinder child, m Lehrer Lehrer teacher,
            m Freund Freunde friend, n Mädchen Mädchen girl, m Junge(n) Jungen boy,
            m Arzt Ärzte doctor, m Bruder Brüder brother, f Schwester Schwestern sister,
            m Nachbar(n) Nachbarn neighbour, f Mutter Mütter mother, m Vater Väter father,
            f Tochter Töchter daughter, m Sohn Söhne son, f Ärztin Ärztinnen doctor,
            f Lehrerin Lehrerinnen teacher, m Student(en) Studenten student,
            m Kollege(n) Kollegen colleague, f Freundin Freundinnen friend, m Gast Gäste guest,
            m Koch Köche cook, m Fahrer Fahrer driver, m Polizist(en) Polizisten police officer,
            f Kellnerin Kellnerinnen waitress, m Chef Chefs boss, m Onkel Onkel uncle,
            f Tante Tanten aunt, m Bauer(n) Bauern farmer, m Maler Maler painter,
            m Leiter Leiter manager, f Großmutter Großmütter grandmother, m Bäcker Bäcker baker,
            m Richter Richter judge, f Nachbarin Nachbarinnen neighbour, m Anwalt Anwälte lawyer,
            m Zahnarzt Zahnärzte dentist, f Schauspielerin Schauspielerinnen actress,
            m Tischler Tischler carpenter, f Journalistin Journalistinnen journalist,
            m Gärtner Gärtner gardener, m Bürgermeister Bürgermeister mayor,
            m Dichter Dichter poet, f Schneiderin Schneiderinnen tailor,
            m Matrose(n) Matrosen sailor, f Prinzessin Prinzessinnen princess,
            m Zauberer Zauberer magician""",
        "animal": """
            m Hund Hunde dog, f Katze Katzen cat, n Pferd Pferde horse, m Vogel Vögel bird,
            f Kuh Kühe cow, f Maus Mäuse mouse, n Schaf Schafe sheep, f Ente Enten duck,
            f Ziege Ziegen goat, m Fuchs Füchse fox, m Frosch Frösche frog, m Igel Igel hedgehog,
            m Bär(en) Bären bear, m Esel Esel donkey""",
        "text": """
            n Buch Bücher book, m Brief Briefe letter, f Nachricht Nachrichten message,
            m Bericht Berichte report, m Roman Romane novel, f Geschichte Geschichten story,
            m Artikel Artikel article, n Gedicht Gedichte poem, f Postkarte Postkarten postcard,
            m Vertrag Verträge contract, n Rezept Rezepte recipe, n Märchen Märchen fairy tale,
            f Rede Reden speech, m Aufsatz Aufsätze essay, n Tagebuch Tagebücher diary""",
        "press": "f Zeitung Zeitungen newspaper, f Zeitschrift Zeitschriften magazine",
        "food": """
            m Apfel Äpfel apple, m Kuchen Kuchen cake, f Birne Birnen pear,
            n Brötchen Brötchen roll, f Pizza Pizzas pizza, m Keks Kekse biscuit,
            f Orange Orangen orange, f Banane Bananen banana, m Pfannkuchen Pfannkuchen pancake""",
        "dish": """
            n Ei Eier egg, f Suppe Suppen soup, m Fisch Fische fish,
            f Kartoffel Kartoffeln potato, f Tomate Tomaten tomato, f Wurst Würste sausage,
            f Zwiebel Zwiebeln onion, m Kürbis Kürbisse pumpkin""",
        "thing": """
            f Tasche Taschen bag, m Schlüssel Schlüssel key, f Uhr Uhren watch,
            n Bild Bilder picture, m Stuhl Stühle chair, n Glas Gläser glass, m Ball Bälle ball,
            f Flasche Flaschen bottle, n Geschenk Geschenke gift/present,
            f Kamera Kameras camera, n Messer Messer knife, m Regenschirm Regenschirme umbrella,
            n Paket Pakete parcel/package, f Leiter Leitern ladder, m Spiegel Spiegel mirror,
            m Teppich Teppiche carpet, m Ring Ringe ring, f Kerze Kerzen candle,
            f Decke Decken blanket, f Gitarre Gitarren guitar, m Korb Körbe basket,
            f Vase Vasen vase, m Hammer Hämmer hammer, m Eimer Eimer bucket,
            n Kissen Kissen pillow, n Seil Seile rope, m Besen Besen broom,
            f Laterne Laternen lantern, m Kompass Kompasse compass, f Trommel Trommeln drum,
            f Säge Sägen saw""",
        "device": """
            m Computer Computer computer, m Fernseher Fernseher television, f Lampe Lampen lamp,
            n Radio Radios radio, m Drucker Drucker printer, f Maschine Maschinen machine,
            m Wecker Wecker alarm clock, m Ofen Öfen oven""",
        "clothes": """
            f Jacke Jacken jacket, m Mantel Mäntel coat, n Hemd Hemden shirt,
            n Kleid Kleider dress, m Hut Hüte hat, m Rock Röcke skirt,
            m Pullover Pullover jumper/sweater, f Mütze Mützen cap, m Schal Schals scarf,
            f Krawatte Krawatten tie""",
        "vehicle": """
            n Auto Autos car, n Fahrrad Fahrräder bicycle/bike, m Bus Busse bus,
            m Zug Züge train, n Taxi Taxis taxi, n Motorrad Motorräder motorcycle,
            n Boot Boote boat, f Straßenbahn Straßenbahnen tram,
            m Lastwagen Lastwagen lorry/truck, m Traktor Traktoren tractor""",
        "opening": """
            f Tür Türen door, n Fenster Fenster window, m Koffer Koffer suitcase,
            f Kiste Kisten box, m Schrank Schränke cupboard, n Tor Tore gate,
            f Schublade Schubladen drawer""",
        "surface": """
            m Tisch Tische table, f Bank Bänke bench, n Bett Betten bed, n Regal Regale shelf,
            n Sofa Sofas sofa, m Schreibtisch Schreibtische desk, m Sessel Sessel armchair""",
        "room": """
            m Garten Gärten garden, f Küche Küchen kitchen, n Büro Büros office,
            n Zimmer Zimmer room, m Keller Keller cellar/basement,
            f Werkstatt Werkstätten workshop, f Scheune Scheunen barn, f Höhle Höhlen cave,
            n Zelt Zelte tent""",
        "building": """
            n Haus Häuser house, f Schule Schulen school, n Hotel Hotels hotel,
            f Kirche Kirchen church, n Museum Museen museum,
            n Krankenhaus Krankenhäuser hospital, f Bibliothek Bibliotheken library,
            n Restaurant Restaurants restaurant, f Bank Banken bank, m Laden Läden shop/store,
            n Schloss Schlösser castle, n Theater Theater theatre,
            m Supermarkt Supermärkte supermarket, m Turm Türme tower,
            n Rathaus Rathäuser town hall, n Kloster Klöster monastery""",
        "spot": """
            m Bahnhof Bahnhöfe an:at station, m Markt Märkte auf:at market,
            m Park Parks in:in park, m See Seen an:by lake, m Wald Wälder in:in forest,
            n Dorf Dörfer in:in village, f Brücke Brücken auf:on bridge,
            m Flughafen Flughäfen an:at airport, m Fluss Flüsse an:by river,
            f Bushaltestelle Bushaltestellen an:at bus stop, m Strand Strände an:on beach,
            f Insel Inseln auf:on island""",
        "event": """
            n Konzert Konzerte concert, m Kurs Kurse course, f Sitzung Sitzungen meeting,
            n Fest Feste festival, f Prüfung Prüfungen exam, f Hochzeit Hochzeiten wedding,
            m Wettbewerb Wettbewerbe competition""",
    }.items()
}

# German (as a predicate; with an ending, if the stem changes: `teuer(teur)`) and English.
ADJECTIVES: Mapping[str, tuple[str, ...]] = {
    kind: entries(table)
    for kind, table in {
        "person": """
            alt old, jung young, nett nice/kind, klug clever/smart, groß tall,
            freundlich friendly, reich rich, arm poor, berühmt famous, fleißig diligent,
            faul lazy, höflich polite, neugierig curious, mutig brave, ehrlich honest,
            schüchtern shy, geduldig patient""",
        "animal": """
            klein small/little, groß big/large, alt old, schwarz black, jung young, weiß white,
            braun brown, wild wild, hungrig hungry, zahm tame""",
        "text": """
            neu new, lang long, interessant interesting, kurz short, schwer difficult,
            wichtig important, spannend exciting, langweilig boring, lustig funny, geheim secret""",
        "press": "neu new, alt old, interessant interesting",
        "food": "frisch fresh, groß big/large, klein small/little, süß sweet, billig cheap",
        "dish": "frisch fresh, groß big/large, klein small/little, kalt cold",
        "thing": """
            neu new, alt old, schwer heavy, groß big/large, klein small/little,
            teuer(teur) expensive, schön beautiful, billig cheap, rot red, schwarz black,
            blau blue, seltsam strange, grün green, wertvoll valuable, nützlich useful,
            hässlich ugly""",
        "device": "neu new, alt old, teuer(teur) expensive, kaputt broken, modern modern",
        "clothes": """
            neu new, rot red, warm warm, blau blue, schwarz black, elegant elegant, grau grey,
            gelb yellow""",
        "vehicle": """
            neu new, alt old, schnell fast, rot red, langsam slow, blau blue,
            teuer(teur) expensive, laut loud/noisy, grün green""",
        "opening": "groß big/large, alt old, klein small/little, schwer heavy, grün green",
        "surface": "groß big/large, klein small/little, alt old, bequem comfortable, weiß white",
        "room": """
            groß big/large, klein small/little, schön beautiful, dunkel(dunkl) dark, ruhig quiet,
            leer empty""",
        "building": """
            alt old, groß big/large, neu new, klein small/little, modern modern, schön beautiful,
            berühmt famous, teuer(teur) expensive""",
        "spot": "klein small/little, groß big/large, schön beautiful, alt old",
        "event": "groß big/large, wichtig important, lang long, schwer difficult",
        "state": """
            müde tired, krank ill/sick, glücklich happy, hungrig hungry, traurig sad,
            wütend angry, nervös nervous, durstig thirsty, beschäftigt busy, zufrieden satisfied,
            enttäuscht disappointed, überrascht surprised""",
    }.items()
}

# German as a predicate, German comparative, English, English comparative.
COMPARATIVES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "person": rows("""
        alt | älter | old | older
        jung | jünger | young | younger
        groß | größer | tall | taller
        klug | klüger | clever | cleverer
        berühmt | berühmter | famous | more famous"""),
    "vehicle": rows("""
        schnell | schneller | fast | faster
        teuer | teurer | expensive | more expensive
        laut | lauter | loud | louder"""),
    "building": rows("""
        alt | älter | old | older
        groß | größer | big | bigger
        schön | schöner | beautiful | more beautiful"""),
    "thing": rows("""
        schwer | schwerer | heavy | heavier
        teuer | teurer | expensive | more expensive
        klein | kleiner | small | smaller"""),
    "text": rows("""
        lang | länger | long | longer
        interessant | interessanter | interesting | more interesting
        schwer | schwerer | difficult | more difficult"""),
}
