"""Sidecars in the manner of the programs that write them: attributes or elements, one block or several, any prefix."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

LIGHTROOM = """<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0-c000 1.000000, 0000/00/00">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
   xmp:CreatorTool="Adobe Photoshop Lightroom Classic 13.2 (Windows)"
   xmp:Rating="3"
   xmp:Label="Red"
   crs:Exposure2012="+0.35"
   crs:HasCrop="True">
   <dc:subject>
    <rdf:Bag>
     <rdf:li>Berlin</rdf:li>
     <rdf:li>Trips</rdf:li>
    </rdf:Bag>
   </dc:subject>
   <lr:hierarchicalSubject>
    <rdf:Bag>
     <rdf:li>Trips|Berlin</rdf:li>
    </rdf:Bag>
   </lr:hierarchicalSubject>
   <crs:ToneCurvePV2012>
    <rdf:Seq>
     <rdf:li>0, 0</rdf:li>
     <rdf:li>255, 255</rdf:li>
    </rdf:Seq>
   </crs:ToneCurvePV2012>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
""".replace("\n", "\r\n")

DARKTABLE = """<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmlns:darktable="http://darktable.sf.net/"
   xmp:Rating="0"
   xmpMM:DerivedFrom="IMG_1.CR2"
   darktable:xmp_version="5">
   <darktable:history>
    <rdf:Seq>
     <rdf:li
      darktable:num="0"
      darktable:operation="rawprepare"
      darktable:params="0000&gt;&quot;00"/>
    </rdf:Seq>
   </darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""

DIGIKAM = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:digiKam="http://www.digikam.org/ns/1.0/"
    xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   digiKam:PickLabel="0"
   xmp:Rating="4"
   MicrosoftPhoto:Rating="75">
   <digiKam:TagsList>
    <rdf:Seq>
     <rdf:li>People/Jos\N{LATIN SMALL LETTER E WITH ACUTE}</rdf:li>
    </rdf:Seq>
   </digiKam:TagsList>
   <dc:subject>
    <rdf:Bag>
     <rdf:li>Jos\N{LATIN SMALL LETTER E WITH ACUTE}</rdf:li>
    </rdf:Bag>
   </dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""

EXIFTOOL = """<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='Image::ExifTool 12.76'>
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>

 <rdf:Description rdf:about=''
  xmlns:exif='http://ns.adobe.com/exif/1.0/'>
  <exif:FNumber>9/5</exif:FNumber>
 </rdf:Description>

 <rdf:Description rdf:about=''
  xmlns:xap='http://ns.adobe.com/xap/1.0/'>
  <!-- the user's own -->
  <xap:Rating>2</xap:Rating>
 </rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end='w'?>"""

IMMICH = """<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='Image::ExifTool 13.00'>
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>

 <rdf:Description rdf:about=''
  xmlns:digiKam='http://www.digikam.org/ns/1.0/'>
  <digiKam:TagsList>
   <rdf:Seq>
    <rdf:li>trips/berlin</rdf:li>
   </rdf:Seq>
  </digiKam:TagsList>
 </rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end='w'?>"""

OLD = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:xap="http://ns.adobe.com/xap/1.0/">\
<rdf:Description about="" xap:Rating="-1" xmlns:q="http://purl.org/dc/elements/1.1/"><q:subject><rdf:Seq>\
<rdf:li xml:lang="x-default">old</rdf:li></rdf:Seq></q:subject></rdf:Description></rdf:RDF>"""

BARE = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<Description xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" r:about=""/></RDF></x:xmpmeta>"""

SAMPLES = {
    "lightroom": LIGHTROOM,
    "darktable": DARKTABLE,
    "digikam": DIGIKAM,
    "exiftool": EXIFTOOL,
    "immich": IMMICH,
    "old": OLD,
    "bare": BARE,
}
ENCODED = {
    f"{name} in {code}": text.encode(code) for name, text in SAMPLES.items() for code in ("utf-8", "utf-8-sig")
} | {
    f"{name} in utf-16": text.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    for name, text in SAMPLES.items()
}


def sidecar(attributes: str = "", elements: str = "") -> bytes:
    """A small sidecar with prefixes of its own."""
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <r:RDF xmlns:r="{RDF}">\n  <r:Description r:about=""'
        ' xmlns:m="http://ns.adobe.com/xap/1.0/" xmlns:d="http://purl.org/dc/elements/1.1/"'
        f" {attributes}>\n   <m:Label>Red</m:Label>{elements}\n  </r:Description>\n </r:RDF>\n</x:xmpmeta>\n"
    ).encode()


BOMB = '<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + BARE.replace('r:about=""', 'r:about="&b;"')
OUTSIDE = '<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + BARE

UNREADABLE = (
    b"",
    b"not XML",
    LIGHTROOM.encode()[:400],
    b"<svg/>",
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
    BARE.replace("x:", "undeclared:", 1).encode(),
    BOMB.encode(),
    OUTSIDE.encode("utf-16"),
    BARE.encode("utf-16")[:-1],
    b"<a>" * 100_000,
)
"""What is no XMP, or must not be read as such."""

RATINGS = {
    "1": 1,
    "5": 5,
    " 3 ": 3,
    "3.0": 3,
    "4.4": 4,
    "-1": -1,
    "-1.0": -1,
    "0": None,
    "0.2": None,
    "-0.4": None,
    "-2": None,
    "-3": None,
    "5.4": None,
    "6": None,
    "7": None,
    "75": None,
    "99": None,
    "nan": None,
    "inf": None,
    "-inf": None,
    "": None,
    "five": None,
    "3 stars": None,
}
"""What programs write for xmp:Rating, and the rating that it is."""
